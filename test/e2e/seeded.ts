/** Numbers from 0 to 1 that are the same on every machine. https://en.wikipedia.org/wiki/Linear_congruential_generator */
export const numbersFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};
