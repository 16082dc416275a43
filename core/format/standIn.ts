/**
 * What stands where a value goes that comes to be known only while a program runs, such as the address of a machine that it
 * makes. Good enough to plan which resources there are; no field of the node protocol lets one through.
 */
export const standInFor = (path: string): string => `<${path}>`;

export const isStandIn = (text: string): boolean => /^<[^<>]+>$/.test(text);
