/**
 * Why a line that a node printed is not found: the shell of the login prints something of its own, a prompt without a line
 * end most of all, and the node's first line stands behind it.
 *
 * @param line what the line looks like, as a regular expression
 */
export const printedBefore = (stdout: string, line: string): string | undefined => {
  const before = new RegExp(`^(.+?)${line}$`, "m").exec(stdout)?.[1];
  return before === undefined
    ? undefined
    : `something else was printed before it: ${JSON.stringify(before.slice(-60))}; let the shell of the login print nothing ` +
        "where there is no terminal (~/.bashrc, ~/.profile, /etc/profile.d)";
};

/** The same for a line that every node script of this version prints. */
export const whyMissing = (stdout: string, line: string): string =>
  printedBefore(stdout, line) ?? "its node.sh is older than this program";
