import { createContext, useContext } from 'react';

/** Whether the person who is signed in may act on the mesh, and not only look at it. */
export const MayChangeContext = createContext(false);

export const useMayChange = (): boolean => useContext(MayChangeContext);
