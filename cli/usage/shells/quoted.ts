/** A text as one word of a shell: in bash, zsh and, as it holds no backslash, fish. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Where stacks have their files: those of the project itself, and of a clone of ours. */
export const STACK_FILES = "Pulumi.*.yaml stacks/Pulumi.*.yaml";
