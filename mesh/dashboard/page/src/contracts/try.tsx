import { ConnectError } from '@connectrpc/connect';
import {
  ContractService,
  type RpcContract,
  type TryCallResponse,
} from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';
import { useId, useState } from 'react';
import { Link } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { milliseconds } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { Json } from '../parts/json.tsx';

const client = clientOf(ContractService);
const TEXTS = {
  title: { en: 'Try it as yourself', id: 'Coba sebagai diri Anda' },
  request: { en: 'Request as JSON', id: 'Permintaan sebagai JSON' },
  call: { en: 'Call', id: 'Panggil' },
  real: {
    en: 'This is a real call to this mesh, with your rights.',
    id: 'Ini panggilan sungguhan ke mesh ini, dengan hak Anda.',
  },
  cannot: {
    en: 'Streams and RPCs of the mesh only cannot be tried here.',
    id: 'Aliran dan RPC khusus mesh tidak dapat dicoba di sini.',
  },
  answer: { en: '{code} after {duration}', id: '{code} setelah {duration}' },
  trace: { en: 'trace', id: 'jejak' },
};

export function Try({ rpc, contract }: { rpc: string; contract: RpcContract }) {
  const t = useText();
  const id = useId();
  const [request, setRequest] = useState(contract.exampleJson);
  const [answer, setAnswer] = useState<TryCallResponse>();
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const callable = !contract.clientStreaming && !contract.serverStreaming && contract.access !== 'mesh';
  const call = async () => {
    setBusy(true);
    setProblem('');
    try {
      setAnswer(await client.tryCall({ rpc, requestJson: request }));
    } catch (error) {
      setProblem(ConnectError.from(error).rawMessage);
    } finally {
      setBusy(false);
    }
  };
  if (!callable) return <p className="note">{t(TEXTS.cannot)}</p>;
  return (
    <section className="panel">
      <h3>{t(TEXTS.title)}</h3>
      <p className="note">{t(TEXTS.real)}</p>
      <label htmlFor={id}>{t(TEXTS.request)}</label>
      <textarea
        id={id}
        rows={Math.min(request.split('\n').length + 1, 16)}
        value={request}
        spellCheck={false}
        onChange={(event) => setRequest(event.target.value)}
      />
      <button type="button" className="primary" disabled={busy} onClick={() => void call()}>
        {t(TEXTS.call)}
      </button>
      {problem && (
        <p role="alert" className="ratio down">
          {problem}
        </p>
      )}
      {answer && (
        <div role="status">
          <p>
            {t(TEXTS.answer, { code: answer.code, duration: milliseconds(answer.durationMs) })}{' '}
            {answer.traceId && <Link href={`/traces/${answer.traceId}`}>{t(TEXTS.trace)}</Link>}
          </p>
          <Json text={answer.responseJson} />
        </div>
      )}
    </section>
  );
}
