import assert from "node:assert/strict";
import type { Survey } from "../../../core/survey/model";
import { parsedSurveys } from "../../../core/survey/parse";
import { healthy, makeAuthorities } from "../doctor/healthy";

describe("surveys from outside", () => {
  let surveys: readonly Survey[];
  before(async () => {
    surveys = await healthy(await makeAuthorities());
  });

  it("are read as they were written, one or a list", () => {
    assert.deepEqual(parsedSurveys(JSON.stringify(surveys)), surveys);
    assert.deepEqual(parsedSurveys(JSON.stringify(surveys[1])), [surveys[1]]);
  });

  it("may have fields of a later program, which are left out", () => {
    const later = { ...surveys[2], weather: "rain", host: { ...surveys[2]!.host, cores: 4 } };
    assert.deepEqual(parsedSurveys(JSON.stringify(later)), [surveys[2]]);
  });

  const refusals: readonly [string, (survey: Survey) => unknown, string][] = [
    [
      "another version",
      (survey) => ({ ...survey, version: 2, host: 1 }),
      "version: 2; must be 1; use the kube-pki that wrote it, or survey the node again",
    ],
    [
      "a field that is missing",
      (survey) => ({ ...survey, unread: undefined }),
      "unread: not what `kube-pki survey` writes (Invalid input: expected array, received undefined); survey the node again",
    ],
    [
      "a component that does not exist, in a list",
      (survey) => [survey, { ...survey, served: [{ component: "kubelt", at: "x", chain: [] }] }],
      '[1].served.0.component: not what `kube-pki survey` writes (Invalid option: expected one of "etcd"|"kube-apiserver"|"kube-controller-manager"|"kube-scheduler"|"kubelet"|"kube-proxy"); survey the node again',
    ],
    [
      "a moment that is none",
      (survey) => ({ ...survey, host: { ...survey.host, readAt: "yesterday" } }),
      "host.readAt: not what `kube-pki survey` writes (Invalid ISO datetime); survey the node again",
    ],
    [
      "something else",
      () => "hello",
      "survey: not what `kube-pki survey` writes (Invalid input: expected object, received string); survey the node again",
    ],
  ];
  for (const [what, spoil, message] of refusals) {
    it(`are refused with ${what}`, () => {
      assert.throws(() => parsedSurveys(JSON.stringify(spoil(surveys[0]!))), { name: "SurveyError", message });
    });
  }

  it("are refused if they are no JSON", () => {
    assert.throws(() => parsedSurveys("{"), /^SurveyError: no JSON \(.*\); must be what `kube-pki survey` writes$/);
  });
});
