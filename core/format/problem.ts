/** The one form of a message about a value: `<field>: <given>; must be <what>; <what to do>`. */
export const mustBe = (field: string, given: string, what: string, todo?: string): string =>
  [`${field}: ${given}`, `must be ${what}`, ...(todo === undefined ? [] : [todo])].join("; ");

/** A field that has to be given; `todo` says with what. */
export const missing = (field: string, todo: string): string => `${field}: missing; ${todo}`;
