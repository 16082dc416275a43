/** "2027-01-31", in UTC. */
export const day = (date: Date): string => date.toISOString().slice(0, 10);
