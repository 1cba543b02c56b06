import { expect, it } from "vitest";
import { parse } from "../../bench/page/describe.js";

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "140.0"],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    "Safari",
    "26.1",
  ],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
    "Chromium",
    "156.0.0.0",
  ],
  ["something else", "a browser", "unknown"],
])("a browser's line says what it is: %s", (line, name, version) => {
  expect(parse(line)).toEqual({ name, version });
});
