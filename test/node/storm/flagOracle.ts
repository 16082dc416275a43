/** What may become of the file that a service gets its flags from. */
import { isApply } from "./body";
import { FORMS, OLD, pathOf, wanted, type Form } from "./flagForms";
import { EVER, type Invariant, type Moment } from "./moment";

const said = (moment: Moment, may: (form: Form, was: string) => readonly string[]): string | undefined => {
  const { flagged, before, after } = moment;
  if (flagged === undefined) return undefined;
  const form: Form = FORMS[flagged.form];
  const [was, is] = [before.get(pathOf(form)), after.get(pathOf(form))];
  if (was === undefined) return undefined; // of a package: nothing of ours
  if (is === undefined) return `${pathOf(form)} is gone`;
  if (!may(form, was.text).includes(is.text)) return `${pathOf(form)} holds ${JSON.stringify(is.text)}`;
  return was.mode === is.mode && was.uid === is.uid && was.gid === is.gid
    ? undefined
    : `${pathOf(form)} has other rights`;
};

const wholeOld = (moment: Moment): string | undefined =>
  said(moment, (form, was) =>
    isApply(moment.sending.send) ? [was] : [was, form.text(OLD), form.text(wanted(moment.flagged?.wishes ?? []))],
  );

const asWanted = (moment: Moment): string | undefined =>
  isApply(moment.sending.send) ? undefined : said(moment, (form) => [form.text(wanted(moment.flagged?.wishes ?? []))]);

const refusedWhere = ({ flagged, sending }: Moment): string | undefined => {
  if (flagged === undefined || isApply(sending.send)) return undefined;
  const { refuses }: Form = FORMS[flagged.form];
  const wish = flagged.wishes.find((each) => refuses.includes(each));
  return wish === undefined ? undefined : `it says that it could ${wish} the flag of ${flagged.form}`;
};

export const FLAG_INVARIANTS: readonly Invariant[] = [
  { name: "a file of flags is the old or the new one, byte by byte", at: EVER, check: wholeOld },
  { name: "flags are as the payload wants them", at: ["done", "again"], check: asWanted },
  { name: "flags that cannot be set are refused", at: ["done"], check: refusedWhere },
];
