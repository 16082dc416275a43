/** What is asked of a page: each runs in the browser, with nothing around it but its arguments. */

/** Texts that are cut off or lie on one another, and a page that has to be moved sideways. */
export const layoutFaults = (): string[] => {
  const faults: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) faults.push(`the page is ${String(root.scrollWidth)} px wide`);
  const said = (element: Element): string => element.textContent.trim().slice(0, 40);
  const isSeen = (element: Element): boolean =>
    element.checkVisibility() && getComputedStyle(element).fontSize !== "0px" && element.getClientRects().length > 0;
  for (const cell of document.querySelectorAll("td, th, li, dt, dd, p, summary"))
    if (isSeen(cell) && cell.scrollWidth > cell.clientWidth + 1) faults.push(`cut off: ${said(cell)}`);
  const boxOf = (element: Element): DOMRect => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect();
  };
  const groups = [
    ...[...document.querySelectorAll("tr")].map((row) => [...row.cells]),
    ...[...document.querySelectorAll("thead .line")].map((line) => [...line.querySelectorAll(".tick")]),
    [...document.querySelectorAll(".counts li")],
    ...[...document.querySelectorAll("dl")].map((list) => [...list.querySelectorAll("dt, dd")]),
  ];
  for (const group of groups) {
    const boxes = group.filter((each) => isSeen(each) && said(each) !== "").map((each) => ({ each, box: boxOf(each) }));
    for (const [index, { each, box }] of boxes.entries())
      for (const { each: other, box: its } of boxes.slice(index + 1))
        if (
          box.left < its.right - 1 &&
          its.left < box.right - 1 &&
          box.top < its.bottom - 1 &&
          its.top < box.bottom - 1
        )
          faults.push(`${said(each)} lies on ${said(other)}`);
  }
  return faults;
};

/** Texts of too little contrast (WCAG 2.2, 1.4.3), bars and marks too (1.4.11). */
export const faintThings = (): string[] => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  const channels = (color: string): number[] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color: number[]): number => {
    const [r = 0, g = 0, b = 0] = color
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element: Element | null): number[] => {
    if (element === null) return channels("canvas");
    const color = channels(getComputedStyle(element).backgroundColor);
    return (color[3] ?? 0) > 0 ? color : groundOf(element.parentElement);
  };
  const contrast = (one: number[], other: number[]): number => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const faults: string[] = [];
  const tell = (ratio: number, least: number, what: string): void => {
    if (ratio < least) faults.push(`${ratio.toFixed(2)}: ${what}`);
  };
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    const ownText = [...element.childNodes].find((node) => node.nodeType === 3 && node.textContent?.trim() !== "");
    if (ownText !== undefined && style.fontSize !== "0px")
      tell(contrast(channels(style.color), groundOf(element)), 4.5, ownText.textContent?.trim() ?? "");
    if (element.matches(".bar, .renewal, .now"))
      tell(contrast(channels(style.borderLeftColor), groundOf(element.parentElement)), 3, element.className);
  }
  return faults;
};

interface Focus {
  /** What it is: a link's target, a region's name, a summary's text. */
  readonly on: string;
  readonly isSeen: boolean;
}

/** What the keyboard is on. */
export const focus = (): Focus => {
  const element = document.activeElement ?? document.body;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { top, bottom, left } = element.getBoundingClientRect();
  const name = element.getAttribute("href") ?? element.getAttribute("aria-label") ?? element.textContent;
  const isOnScreen = left >= 0 && bottom > 0 && top < innerHeight;
  return { on: name, isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && isOnScreen };
};

/** What the keyboard has to reach, in the order of the page. */
export const stops = (): string[] =>
  [...document.querySelectorAll("a[href], summary, [tabindex='0']")].map(
    (element) => element.getAttribute("href") ?? element.getAttribute("aria-label") ?? element.textContent,
  );

/** The share of pixels that differ clearly; 1: the pictures are not of one size. */
export const differingShare = async (one: string, other: string): Promise<number> => {
  const pixels = async (base64: string): Promise<ImageData> => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext("2d")!;
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, width, height);
  };
  const [a, b] = [await pixels(one), await pixels(other)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  let count = 0;
  for (let at = 0; at < a.data.length; at += 4)
    if ([0, 1, 2].some((part) => Math.abs((a.data[at + part] ?? 0) - (b.data[at + part] ?? 0)) > 48)) count += 1;
  return count / (a.width * a.height);
};
