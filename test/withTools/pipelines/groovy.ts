/** Statements of a declarative Jenkinsfile: `head`, or `head { .. }`. */

export interface Statement {
  readonly head: string;
  /** Absent: it has no block. */
  readonly body?: readonly Statement[];
}

/** Comments, strings of all kinds, and what ends a statement. */
const TOKEN = /\/\/[^\n]*|'''[\s\S]*?'''|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[{}()[\]\n]|[^{}()[\]\n'"/]+|\//g;

export const statements = (text: string): readonly Statement[] => {
  const tokens = [...text.matchAll(TOKEN)].map(([token]) => token).filter((token) => !token.startsWith("//"));
  let at = 0;
  const block = (isOuter: boolean): Statement[] => {
    const all: Statement[] = [];
    let head = "";
    let depth = 0;
    const end = (body?: readonly Statement[]): void => {
      if (head.trim() !== "") all.push({ head: head.trim(), ...(body && { body }) });
      head = "";
    };
    for (; at < tokens.length; at++) {
      const token = tokens[at] ?? "";
      if (token === "{") {
        at++;
        end(block(false));
      } else if (token === "}") {
        if (isOuter) throw new Error("Jenkinsfile: a } too many");
        end();
        return all;
      } else if (token === "\n" && depth === 0) end();
      else {
        depth += "([".includes(token) ? 1 : ")]".includes(token) ? -1 : 0;
        head += token;
      }
    }
    if (!isOuter) throw new Error("Jenkinsfile: a } is missing");
    end();
    return all;
  };
  return block(true);
};
