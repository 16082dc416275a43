/** Hosts of clusters that come as one program and look after their certificates themselves. */
import { distributionOf } from "../survey/renewers";
import type { Survey } from "../survey/model";
import { remark, type Remark } from "./remarks";

/** Undefined: none runs there. */
export const distributionRemark = (name: string, { renewers }: Survey): Remark | undefined => {
  const [found] = renewers.flatMap((unit) => {
    const distribution = distributionOf(unit);
    return distribution === undefined ? [] : [{ ...distribution, unit }];
  });
  return (
    found &&
    remark(
      "refused",
      `${name}: ${found.name} runs there (${found.unit}), which makes and renews the certificates of its cluster itself: no stack can ` +
        `have this node; its certificates are renewed by ${found.renewal}`,
    )
  );
};
