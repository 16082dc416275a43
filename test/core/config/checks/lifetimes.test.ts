import assert from "node:assert/strict";
import { config, problems, type Raw } from "../fixtures";

const certificates = (changes: Raw): Raw => ({ certificates: changes });

const SPAN =
  'a duration above 0 and up to 36500d in days, hours, minutes and seconds, such as "30d", "720h" or "1d12h", or a share of the validity such as "33%"';

/** What no run could keep up with. */
const REFUSALS: readonly (readonly [Raw, string])[] = [
  [certificates({ validity: "30d", renewEvery: "59m" }), "certificates.renewEvery: 59m; must be at least 1h"],
  [
    certificates({ validity: "30d", renewBefore: "719h1m" }),
    "certificates.renewBefore: 29d23h1m; must be at least 1h less than certificates.validity, 30d",
  ],
  [
    certificates({ renewBefore: "1s" }),
    "certificates.renewBefore: 1s; must be at least 1d, because a run has to come in that time",
  ],
  [
    certificates({ validity: "10h", renewBefore: "4%" }),
    "certificates.renewBefore: 4%; must be at least 30m, because a run has to come in that time",
  ],
  [
    certificates({ renewEvery: "364d1h" }),
    "certificates.renewEvery: 364d1h; must be at least 1d less than certificates.validity, 365d, because a run has to come in that time",
  ],
  [
    certificates({ validity: "1h" }),
    "certificates.validity: 1h; must be at least 2h, because a run has to come before it ends",
  ],
  [
    certificates({ validity: "3650d" }),
    "certificates.validity: 3650d; must be no longer than authority.validity, 3650d, less 2433d8h, when it is renewed; a leaf may not outlive its CA, so none could be renewed, and none issued for another node",
  ],
  [
    { ...certificates({ validity: "10d", renewBefore: "50%" }), authority: { validity: "359h" } },
    "certificates.validity: 10d; must be no longer than authority.validity, 14d23h, less 5d, when it is renewed; a leaf may not outlive its CA, so none could be renewed, and none issued for another node",
  ],
  ...["0%", "100%", "33%%", "%"].map((renewBefore): readonly [Raw, string] => [
    certificates({ renewBefore }),
    `certificates.renewBefore: "${renewBefore}"; must be ${SPAN}`,
  ]),
];

describe("lifetimes in the stack file", () => {
  for (const [changes, sentence] of REFUSALS)
    it(sentence, () => {
      assert.deepEqual(problems(config(changes)), [sentence]);
    });

  it("are taken up to what is refused", () => {
    const taken: readonly Raw[] = [
      certificates({ validity: "30d", renewEvery: "1h" }),
      certificates({ validity: "10h", renewBefore: "5%" }),
      certificates({ renewBefore: "1d" }),
      certificates({ validity: "2h" }),
      { ...certificates({ validity: "10d", renewBefore: "50%" }), authority: { validity: "15d" } },
    ];
    for (const changes of taken) assert.deepEqual(problems(config(changes)), []);
  });
});
