/** Below, at and above a tile of `tile` things, between two and three of them, and a prime. */
export function sizesAround(tile: number): number[] {
  let prime = 3 * tile + 1;
  while (!isPrime(prime)) prime++;
  return [...new Set([1, tile - 1, tile, tile + 1, 2 * tile + 3, prime])].filter((size) => size > 0);
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
}
