/** Where models and images are read from: the folders of a checkout, or the site of a page. */
export interface Files {
  /** @param path below the checkout, such as `demo/model/model.json`, or below `shared/` */
  readonly has: (path: string) => Promise<boolean>;
  /** @throws Error where there is no such file */
  readonly bytes: (path: string) => Promise<Uint8Array<ArrayBuffer>>;
  /** The path or URL of a file, as `openModel` takes it. */
  readonly place: (path: string) => string;
}

/** @throws Error where there is no such file */
export async function readJson<T>(files: Files, path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await files.bytes(path))) as T;
}
