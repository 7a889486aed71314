import { useEffect, useState, type JSX } from 'react';
import { textOfRun } from '../stores/session.ts';
import { useText } from '../text/index.ts';
import { Dialog } from '../widgets/dialog.tsx';
import { download } from '../widgets/download.ts';
import { longestLink, runToAddress } from './link.ts';

interface Made {
  readonly link: string;
  readonly text: string;
  readonly inputs: number;
}

/** A link to this run at this moment; a file where it is too long for one. */
export default function Share(): JSX.Element {
  const t = useText();
  const [made, setMade] = useState<Made>();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    void textOfRun().then(async ({ text, inputs }) => {
      const { origin, pathname } = location;
      setMade({ link: `${origin}${pathname}${await runToAddress(text)}`, text, inputs });
    });
  }, []);
  const copy = async (link: string): Promise<void> => {
    await navigator.clipboard.writeText(link);
    setCopied(true);
  };
  const tooLong = made !== undefined && made.link.length > longestLink;
  return (
    <Dialog label={t('shareTitle')}>
      <div className="content">
        <p>{t('shareAbout')}</p>
        {made?.inputs === 0 ? <p>{t('shareNothing')}</p> : null}
        {tooLong ? <p role="alert">{t('shareLong', { size: made.link.length, most: longestLink })}</p> : null}
        <div className="row">
          {made === undefined || tooLong ? null : (
            <>
              <input
                type="text"
                readOnly
                style={{ flex: 1 }}
                aria-label={t('shareLink')}
                value={made.link}
                onFocus={(event) => event.target.select()}
              />
              <button type="button" onClick={() => void copy(made.link)}>
                {t('shareCopy')}
              </button>
            </>
          )}
          <button
            type="button"
            disabled={made === undefined}
            onClick={() => download('kube-orrery-session.json', made?.text ?? '', 'application/json')}
          >
            {t('saveFile')}
          </button>
          <span role="status">{copied ? t('shareCopied') : ''}</span>
        </div>
      </div>
    </Dialog>
  );
}
