/** What a command says with `--json`: one object. */
export type Report = Readonly<Record<string, unknown>>;
