/**
 * Functions of one variable, in a form in which spellings of the same function are alike: a product of a number and factors,
 * each the variable, a function of such a product, or a sum that begins with 1 (or, where it has no constant, with a term of
 * coefficient 1).
 */

/** `coefficient * factors[0] * factors[1] ...`; without factors a number. */
export interface Product {
  readonly coefficient: number;
  /** By rising {@link keyOf}. */
  readonly factors: readonly Factor[];
}

type Factor =
  | { readonly kind: "x" }
  | { readonly kind: "sum"; readonly constant: 0 | 1; readonly terms: readonly Product[] }
  | { readonly kind: "function"; readonly name: FunctionName; readonly of: Product };

/** `Unit` is a clip to [0, 1]. */
export type FunctionName = "Erf" | "Tanh" | "Sigmoid" | "Softplus" | "Exp" | "Relu" | "Unit" | "Reciprocal";

export const X: Product = { coefficient: 1, factors: [{ kind: "x" }] };

export function number(coefficient: number): Product {
  return { coefficient, factors: [] };
}

export function times(...products: readonly Product[]): Product {
  const coefficient = products.reduce((product, one) => product * one.coefficient, 1);
  return { coefficient, factors: sorted(products.flatMap(({ factors }) => factors)) };
}

export function plus(...products: readonly Product[]): Product {
  let constant = 0;
  const terms: Product[] = [];
  for (const product of products) {
    const [only, ...others] = product.factors;
    if (only === undefined) constant += product.coefficient;
    else if (only.kind === "sum" && others.length === 0) {
      constant += product.coefficient * only.constant;
      for (const term of only.terms) terms.push(times(number(product.coefficient), term));
    } else terms.push(product);
  }
  if (terms.length === 0) return number(constant);
  if (constant !== 0)
    return times(
      number(constant),
      sum(
        1,
        terms.map((term) => times(number(1 / constant), term)),
      ),
    );
  return terms.length === 1 ? terms[0] : withoutCommon(terms);
}

/** A sum without a constant: what all of its terms share is a factor of it. */
function withoutCommon(terms: readonly Product[]): Product {
  const powers = terms.map(({ factors }) => factors.filter(({ kind }) => kind === "x").length);
  const shared = Math.min(...powers);
  const rest = terms.map(({ coefficient, factors }) => {
    const others = factors.filter(({ kind }) => kind !== "x");
    const own = factors.filter(({ kind }) => kind === "x").slice(shared);
    return { coefficient, factors: sorted([...others, ...own]) };
  });
  const common = new Array<Product>(shared).fill(X);
  if (shared > 0 && rest.some(({ factors }) => factors.length === 0)) return times(...common, plus(...rest));
  const [{ coefficient }] = rest.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const scaled = rest.map((term) => times(number(1 / coefficient), term));
  return times(...common, number(coefficient), sum(0, scaled));
}

function sum(constant: 0 | 1, terms: readonly Product[]): Product {
  const ordered = terms.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return { coefficient: 1, factors: [{ kind: "sum", constant, terms: ordered }] };
}

export function applied(name: FunctionName, of: Product): Product {
  return { coefficient: 1, factors: [{ kind: "function", name, of }] };
}

/** `1 / product`; `1 / (1 + e^u)` is a sigmoid. */
export function reciprocal(product: Product): Product {
  const exponent = exponentBeside(product);
  if (exponent)
    return times(number(1 / product.coefficient), applied("Sigmoid", times(number(-1), exponent)));
  if (product.factors.length === 0) return number(1 / product.coefficient);
  return times(
    number(1 / product.coefficient),
    applied("Reciprocal", { coefficient: 1, factors: product.factors }),
  );
}

/** `log(product)`, of `1 + e^u` alone, which is a softplus. */
export function logarithm(product: Product): Product | undefined {
  const exponent = product.coefficient === 1 ? exponentBeside(product) : undefined;
  return exponent && applied("Softplus", exponent);
}

/** `u` of `1 + e^u`. */
function exponentBeside({ factors }: Product): Product | undefined {
  const [only, ...others] = factors;
  if (only?.kind !== "sum" || only.constant !== 1 || only.terms.length !== 1 || others.length > 0)
    return undefined;
  const [{ coefficient, factors: inner }] = only.terms;
  const [power, ...more] = inner;
  const isPower = power.kind === "function" && power.name === "Exp" && coefficient === 1 && more.length === 0;
  return isPower ? power.of : undefined;
}

/** `min(high, max(0, product))`; undefined for other bounds. */
export function clipped(product: Product, low: number, high: number): Product | undefined {
  const [only, ...others] = product.factors;
  const isRelu = only?.kind === "function" && only.name === "Relu" && others.length === 0;
  if (isRelu && product.coefficient === 1 && low <= 0) return clipped(only.of, 0, high);
  if (low !== 0 || !(high > 0 && high < Infinity)) return undefined;
  return times(number(high), applied("Unit", times(number(1 / high), product)));
}

/** Constants of a file are rounded to float32, and some of them multiplied with each other. */
const SAME = 2 ** -21;

/** Whether two functions are the same but for the rounding of their constants. */
export function isSame(a: Product, b: Product): boolean {
  return (
    Math.abs(a.coefficient - b.coefficient) <= SAME * Math.abs(b.coefficient) &&
    a.factors.length === b.factors.length &&
    a.factors.every((factor, i) => isSameFactor(factor, b.factors[i]))
  );
}

function isSameFactor(a: Factor, b: Factor): boolean {
  if (a.kind === "x") return b.kind === "x";
  if (a.kind === "function") return b.kind === "function" && a.name === b.name && isSame(a.of, b.of);
  return (
    b.kind === "sum" &&
    a.constant === b.constant &&
    a.terms.length === b.terms.length &&
    a.terms.every((term, i) => isSame(term, b.terms[i]))
  );
}

/** What a product is made of, whatever its numbers are. */
function keyOf({ factors }: Product): string {
  return `(${factors.map(factorKey).join("*")})`;
}

function factorKey(factor: Factor): string {
  if (factor.kind === "x") return "x";
  if (factor.kind === "function") return `${factor.name}${keyOf(factor.of)}`;
  return `[${factor.constant}${factor.terms.map(keyOf).join("+")}]`;
}

function sorted(factors: readonly Factor[]): readonly Factor[] {
  return factors.length < 2 ? factors : factors.toSorted((a, b) => (factorKey(a) < factorKey(b) ? -1 : 1));
}
