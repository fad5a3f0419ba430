import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/** One parameter of the address: what a page shows is in its address, so that it can be shared. An empty value leaves the address. */
export function useParameter(name: string, preset = ''): [string, (value: string) => void] {
  const [parameters, setParameters] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setParameters(
        (present) => {
          const next = new URLSearchParams(present);
          if (value === preset || value === '') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [name, preset, setParameters],
  );
  return [parameters.get(name) ?? preset, set];
}
