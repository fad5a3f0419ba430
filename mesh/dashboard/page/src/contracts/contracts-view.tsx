import {
  ContractService,
  type ListContractsResponse,
  type RpcContract,
  type ServiceContract,
} from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';
import { useMemo } from 'react';
import { clientOf } from '../lib/client.ts';
import { milliseconds } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer } from '../lib/live.tsx';
import { useParameter } from '../lib/url-state.ts';
import { TextField } from '../parts/field.tsx';
import { Empty, Shown } from '../parts/state.tsx';
import { Try } from './try.tsx';
import { TypeTree } from './type-tree.tsx';

const client = clientOf(ContractService);
const TEXTS = {
  find: { en: 'Find a service or RPC', id: 'Cari layanan atau RPC' },
  choose: { en: 'Choose an RPC', id: 'Pilih satu RPC' },
  hint: {
    en: 'Its comment, rules, messages and routes are shown here, and it can be tried.',
    id: 'Komentar, aturan, pesan, dan rutenya ditampilkan di sini, dan bisa dicoba.',
  },
  answered: { en: 'Answered by', id: 'Dijawab oleh' },
  callers: { en: 'May be called by', id: 'Boleh dipanggil oleh' },
  access: { en: 'Access', id: 'Akses' },
  deadline: { en: 'Deadline', id: 'Tenggat' },
  limit: { en: 'Rate limit', id: 'Batas laju' },
  retry: { en: 'May be sent again', id: 'Boleh dikirim ulang' },
  routes: { en: 'REST', id: 'REST' },
  request: { en: 'Request', id: 'Permintaan' },
  response: { en: 'Answer', id: 'Jawaban' },
  stream: { en: 'stream', id: 'aliran' },
  yes: { en: 'yes', id: 'ya' },
  no: { en: 'no', id: 'tidak' },
  none: { en: 'none', id: 'tidak ada' },
};

/** Every service and RPC with what its contract says. */
export default function ContractsView() {
  const answer = useAnswer('contracts', (signal) => client.listContracts({}, { signal }));
  return <Shown live={answer}>{(contracts) => <Contracts contracts={contracts} />}</Shown>;
}

function Contracts({ contracts: { services, types } }: { contracts: ListContractsResponse }) {
  const t = useText();
  const [find, setFind] = useParameter('find');
  const [chosen, setChosen] = useParameter('rpc');
  const known = useMemo(() => new Map(types.map((type) => [type.name, type])), [types]);
  const wanted = find.toLowerCase();
  const [serviceName, rpcName] = chosen.split('/');
  const service = services.find(({ name }) => name === serviceName);
  const rpc = service?.rpcs.find(({ name }) => name === rpcName);
  return (
    <div className="contracts">
      <div className="list">
        <TextField label={t(TEXTS.find)} value={find} onChange={setFind} width={260} />
        {services.map((each) => {
          const shown = each.rpcs.filter(({ name }) => `${each.name}/${name}`.toLowerCase().includes(wanted));
          if (shown.length === 0) return null;
          return (
            <section key={each.name}>
              <h3 title={each.comment}>{each.name.split('.').slice(1).join('.')}</h3>
              <ul>
                {shown.map(({ name, access }) => (
                  <li key={name}>
                    <button
                      type="button"
                      className="link"
                      aria-pressed={chosen === `${each.name}/${name}`}
                      onClick={() => setChosen(`${each.name}/${name}`)}
                    >
                      {name}
                    </button>{' '}
                    <span className="tag">{access}</span>
                  </li>
                ))}
              </ul>
            </section>
          );
        })}
      </div>
      <div className="one">
        {service && rpc ? (
          <>
            <Rpc service={service} rpc={rpc} />
            <h3>
              {t(TEXTS.request)} {rpc.clientStreaming && <span className="tag">{t(TEXTS.stream)}</span>}
            </h3>
            <TypeTree name={rpc.request} types={known} />
            <h3>
              {t(TEXTS.response)} {rpc.serverStreaming && <span className="tag">{t(TEXTS.stream)}</span>}
            </h3>
            <TypeTree name={rpc.response} types={known} />
            <Try key={chosen} rpc={chosen} contract={rpc} />
          </>
        ) : (
          <Empty title={TEXTS.choose} hint={TEXTS.hint} />
        )}
      </div>
    </div>
  );
}

function Rpc({ service, rpc }: { service: ServiceContract; rpc: RpcContract }) {
  const t = useText();
  const facts: [string, string][] = [
    [t(TEXTS.access), rpc.access],
    [t(TEXTS.answered), service.workload],
    [t(TEXTS.callers), service.callers.join(', ')],
    [t(TEXTS.deadline), rpc.deadlineMs ? milliseconds(rpc.deadlineMs) : t(TEXTS.none)],
    [t(TEXTS.limit), rpc.rateLimit || t(TEXTS.none)],
    [t(TEXTS.retry), t(rpc.retryable ? TEXTS.yes : TEXTS.no)],
    [t(TEXTS.routes), rpc.routes.join(', ') || t(TEXTS.none)],
  ];
  return (
    <>
      <h2>{rpc.name}</h2>
      <p className="note">
        <code>{service.name}</code>
      </p>
      <p>{rpc.comment}</p>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
