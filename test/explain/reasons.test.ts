import { describe, expect, test } from "vitest";
import {
  type Contribution,
  certainty,
  formatValue,
  reasonCode,
  wordReasons,
} from "../../src/explain/reasons.ts";

const contribution = (feature: string, attribution: number, half = 0.01, value = "8,487"): Contribution => ({
  feature,
  attribution,
  interval: [attribution - half, attribution + half],
  value: { "pt-BR": value.replaceAll(",", "."), en: value },
  texts: {
    "pt-BR": { for: `${feature} {value} ajuda`, against: `${feature} {value} pesa contra` },
    en: { for: `${feature} {value} helps`, against: `${feature} {value} counts against` },
  },
});
const refused = { favourable: false, highOutput: "favourable" } as const;
const granted = { favourable: true, highOutput: "favourable" } as const;
const features = (reasons: { feature: string }[]) => reasons.map((r) => r.feature);

describe("order", () => {
  const all = [
    contribution("a", 0.3),
    contribution("b", -0.2),
    contribution("c", 0.1),
    contribution("d", -0.4),
    contribution("e", -0.05),
  ];

  test("a refusal says what spoke against, strongest first, and nothing that spoke for the person", () => {
    const reasons = wordReasons(all, refused, "en");
    expect(reasons.map((r) => [r.feature, r.direction, r.rank])).toEqual([
      ["d", "against", 1],
      ["b", "against", 2],
      ["e", "against", 3],
    ]);
    expect(wordReasons([contribution("a", 0.3)], refused, "en")).toEqual([]);
  });

  test("an approval leads with what spoke for; the rest fall in signed contribution", () => {
    expect(features(wordReasons(all, granted, "en"))).toEqual(["a", "c", "b", "d"]);
  });

  test("a high output that is bad for the person turns directions round, not the facts", () => {
    const reasons = wordReasons(all, { favourable: false, highOutput: "unfavourable" }, "en");
    expect(reasons.map((r) => [r.feature, r.direction])).toEqual([
      ["a", "against"],
      ["c", "against"],
    ]);
    const granted = wordReasons(all, { favourable: true, highOutput: "unfavourable" }, "en");
    expect(granted.map((r) => [r.feature, r.direction])).toEqual([
      ["d", "for"],
      ["b", "for"],
      ["e", "for"],
      ["a", "against"],
    ]);
  });

  test("there are four at most", () => {
    const many = Array.from({ length: 9 }, (_, i) => contribution(`f${i}`, -1 - i));
    expect(features(wordReasons(many, refused, "en"))).toEqual(["f8", "f7", "f6", "f5"]);
  });

  test("equal contributions come in the order of their names, whatever order they arrive in", () => {
    const pair = [contribution("y", -1), contribution("x", -1)];
    expect(features(wordReasons(pair, refused, "en"))).toEqual(["x", "y"]);
    expect(features(wordReasons(pair.toReversed(), refused, "en"))).toEqual(["x", "y"]);
  });
});

describe("nothing is said that the intervals do not support", () => {
  test("an interval that holds or touches zero is no reason", () => {
    const unsure = [
      contribution("wide", -0.3, 0.4),
      contribution("touching", -0.5, 0.5),
      contribution("nothing", 0, 0),
    ];
    expect(wordReasons(unsure, refused, "en")).toEqual([]);
    expect(features(wordReasons([...unsure, contribution("sure", -0.1)], refused, "en"))).toEqual(["sure"]);
  });

  test("what is left of float64 sums is no reason, however sure its interval", () => {
    const exact = (feature: string, attribution: number) => contribution(feature, attribution, 0);
    expect(features(wordReasons([exact("dummy", -1e-17), exact("sure", -0.1)], refused, "en"))).toEqual([
      "sure",
    ]);
    expect(features(wordReasons([exact("tiny", -1e-12)], refused, "en"))).toEqual(["tiny"]);
  });

  test("overlapping intervals share a rank and the next one skips", () => {
    const reasons = wordReasons(
      [
        contribution("a", -0.5, 0.04),
        contribution("b", -0.45, 0.04),
        contribution("c", -0.3, 0.01),
        contribution("d", -0.2, 0.01),
      ],
      refused,
      "en",
    );
    expect(reasons.map((r) => r.rank)).toEqual([1, 1, 3, 4]);
  });

  test("a wide interval ties all that it reaches, also across a narrow one in between", () => {
    const reasons = wordReasons(
      [
        contribution("wide", -0.5, 0.45),
        contribution("narrow", -0.45, 0.01),
        contribution("low", -0.2, 0.01),
      ],
      refused,
      "en",
    );
    expect(reasons.map((r) => r.rank)).toEqual([1, 1, 1]);
  });
});

describe("wording", () => {
  test("is in the asked language, with the value in that language's form", () => {
    const one = [contribution("amount_dm", -0.2)];
    expect(wordReasons(one, refused, "en")[0]).toEqual({
      feature: "amount_dm",
      code: "AMOUNT_DM:AGAINST",
      direction: "against",
      rank: 1,
      text: "amount_dm 8,487 counts against",
    });
    expect(wordReasons(one, refused, "pt-BR")[0]!.text).toBe("amount_dm 8.487 pesa contra");
  });

  test("a value is text, whatever signs it has", () => {
    expect(wordReasons([contribution("f", -1, 0.1, "$& $1 {value}")], refused, "en")[0]!.text).toBe(
      "f $& $1 {value} counts against",
    );
  });

  test("codes are the same in both languages and name the direction", () => {
    const both = [contribution("duração em meses", -1), contribution("age", 1)];
    const codes = (["pt-BR", "en"] as const).map((l) => wordReasons(both, granted, l).map((r) => r.code));
    expect(codes[0]).toEqual(["AGE:FOR", "DURAÇÃO_EM_MESES:AGAINST"]);
    expect(codes[1]).toEqual(codes[0]);
    expect(reasonCode("x.y-z", "for")).toBe("X_Y_Z:FOR");
  });
});

test("certainty is certain within a quarter, almost certain on one side of zero, else uncertain", () => {
  expect(certainty(0.4, [0.3, 0.5])).toBe("certain");
  expect(certainty(-0.4, [-0.5, -0.3])).toBe("certain");
  expect(certainty(0.4, [0.29, 0.51])).toBe("almost certain");
  expect(certainty(0.4, [0, 0.8])).toBe("uncertain");
  expect(certainty(0.4, [-0.1, 0.9])).toBe("uncertain");
  expect(certainty(0, [0, 0])).toBe("uncertain");
  expect(certainty(0.4, [0.4, 0.4])).toBe("certain");
});

test("values are written as each language writes them", () => {
  expect(formatValue(8487, {}, "pt-BR")).toBe("8.487");
  expect(formatValue(8487, {}, "en")).toBe("8,487");
  expect(formatValue(1234567.5, { unit: "DM" }, "pt-BR")).toBe("1.234.567,5 DM");
  expect(formatValue(4, { unit: "%" }, "en")).toBe("4%");
  expect(formatValue(0.1 + 0.2, {}, "en")).toBe("0.3");
  expect(formatValue("A14", { valueLabel: "no account" }, "en")).toBe("no account");
  expect(formatValue("A14", {}, "en")).toBe("A14");
  expect(formatValue(Number.NaN, { unit: "DM" }, "pt-BR")).toBe("não informado");
  expect(formatValue("", { valueLabel: "x" }, "en")).toBe("not given");
});
