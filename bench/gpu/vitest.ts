/**
 * What test files import from "vitest", for machines that have nothing but Node: the same runner and the same matchers,
 * without the server that transforms files, since they are bundled.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  addCustomEqualityTesters,
  chai,
  customMatchers,
  type ExpectStatic,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFailed,
  onTestFinished,
  suite,
  test,
} from "@vitest/runner";

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

interface Extendable {
  extend(expect: ExpectStatic, matchers: object): void;
}

/** `expect` of vitest, but for snapshots, `poll` and `soft`. */
export const expect = ((value: unknown, message?: string) =>
  chai.expect(value, message)) as unknown as ExpectStatic;
const globals = globalThis as unknown as Record<symbol, object>;
Object.assign(expect, chai.expect, globals[ASYMMETRIC_MATCHERS_OBJECT], {
  getState: () => getState(expect),
  setState: (state: object) => setState(state, expect),
  extend: (matchers: object) => (chai.expect as unknown as Extendable).extend(expect, matchers),
  addEqualityTesters: addCustomEqualityTesters,
});
globals[GLOBAL_EXPECT] = expect;
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect);
expect.extend(customMatchers);

/** The globals that a test has replaced, and what they were. */
const replaced = new Map<string, PropertyDescriptor | undefined>();

/** Of vitest's `vi` what these tests use. */
export const vi = {
  stubGlobal(name: string, value: unknown): void {
    if (!replaced.has(name)) replaced.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  },
  unstubAllGlobals(): void {
    for (const [name, was] of replaced)
      if (was) Object.defineProperty(globalThis, name, was);
      else Reflect.deleteProperty(globalThis, name);
    replaced.clear();
  },
};
