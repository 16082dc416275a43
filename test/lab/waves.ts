/** Nodes at a time: a lab of many on a machine of few cores would run into the limits of what it waits for. */
const AT_ONCE = 10;

/** As `Promise.all` of the actions, with no more than a few nodes at work. */
export async function inWaves<Item, Value>(
  items: readonly Item[],
  action: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const values: Value[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    values.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(action))));
  return values;
}
