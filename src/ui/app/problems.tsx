import { useState, type JSX } from 'react';
import { discardDamaged, retryDamaged, useSession } from '../stores/session.ts';
import { useText, type TextKey } from '../text/index.ts';

/** Problems that have a sentence of their own. */
const sentences: Readonly<Record<string, TextKey>> = {
  'link.damaged': 'problemLinkDamaged',
  'link.version': 'problemLinkVersion',
  'link.large': 'problemLinkLarge',
  'link.run': 'problemLinkRun',
  'file.run': 'problemFileRun',
  'keep.none': 'problemKeep',
  'embed.lesson': 'problemEmbedLesson',
  'embed.step': 'problemEmbedStep',
};

/** What went wrong, in one sentence, and what can be done about it. */
export function Problems(): JSX.Element | null {
  const t = useText();
  const problem = useSession((state) => state.problems[0]);
  const dismiss = useSession((state) => state.dismiss);
  const damaged = useSession((state) => state.damaged.at(-1));
  const [hidden, setHidden] = useState(false);
  const close = (
    <button type="button" onClick={() => (problem === undefined ? setHidden(true) : dismiss(0))}>
      {t('close')}
    </button>
  );
  if (problem?.code.startsWith('save.') === true || (problem === undefined && damaged !== undefined && !hidden)) {
    const place = problem?.values['place'] ?? problem?.values['version'] ?? '';
    return (
      <div className="problem" role="alert">
        <span>{problem === undefined ? t('damagedKept') : t('problemSave', { place })}</span>
        <Damaged />
        {close}
      </div>
    );
  }
  if (problem === undefined) return null;
  return (
    <div className="problem" role="alert">
      <span>{t(sentences[problem.code] ?? 'problemOther', { code: problem.code, ...problem.values })}</span>
      {close}
    </div>
  );
}

/** What can be done with a saved session that could not be read. */
function Damaged(): JSX.Element {
  const t = useText();
  const damaged = useSession((state) => state.damaged.at(-1)) ?? '';
  return (
    <>
      <a className="button" download="kube-orrery-session.json" href={`data:application/json;charset=utf-8,${encodeURIComponent(damaged)}`}>
        {t('download')}
      </a>
      <button type="button" onClick={() => void retryDamaged()}>
        {t('tryAgain')}
      </button>
      <button type="button" onClick={discardDamaged}>
        {t('discard')}
      </button>
    </>
  );
}
