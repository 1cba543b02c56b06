/**
 * Imports a package that may be installed. Its name comes as a value, so that no bundler looks for it: most pages have no use
 * for it, and what is missing is a warning to bundlers, or an error. Node finds what is installed, a page what an import map names.
 */
export function importInstalled(name: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}
