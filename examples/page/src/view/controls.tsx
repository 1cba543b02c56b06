import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { takeFiles, type Zone } from "../state/session.js";

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly {
    readonly value: Value;
    readonly label: ComponentChildren;
    /** Why it cannot be chosen. */
    readonly missing?: string;
  }[];
  readonly onChange: (value: Value) => void;
  /** The label is for screen readers alone. */
  readonly quiet?: boolean;
}

/** One of a few, side by side. */
export function Choice<Value extends string>({ label, value, options, onChange, quiet }: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class={quiet ? "unseen" : ""}>{label}</legend>
      <div class="segments">
        {options.map((option) => (
          <label key={option.value} title={option.missing}>
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              disabled={option.missing !== undefined}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface NumberProps {
  readonly label: ComponentChildren;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly unit?: string;
  readonly onChange: (value: number) => void;
  /** A slider beside the number. */
  readonly slider?: boolean;
  /** Why it cannot be chosen. */
  readonly missing?: string;
}

/** A number, with a slider where asked. */
export function NumberField(props: NumberProps) {
  const { label, value, min, max, step = 1, unit, onChange, slider, missing } = props;
  const id = useId();
  const take = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    if (input.value !== "" && input.checkValidity()) onChange(Number(input.value));
  };
  const bounds = { min, max, step, value, disabled: missing !== undefined };
  return (
    <div class="number">
      <label for={id}>{label}</label>
      <span class="entry">
        <input id={id} type="number" {...bounds} step={slider ? "any" : step} onChange={take} />
        {unit && <span class="unit">{unit}</span>}
      </span>
      {slider && <input type="range" aria-label={String(label)} {...bounds} onInput={take} />}
      {missing && <p class="aside">{missing}</p>}
    </div>
  );
}

interface CheckProps {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
  /** Why it cannot be chosen. */
  readonly missing?: string;
}

/** Yes or no. */
export function CheckField({ label, value, onChange, missing }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={value}
        disabled={missing !== undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        {missing && <span class="aside why">{missing}</span>}
      </span>
    </label>
  );
}

interface FilesProps {
  /** What is dropped here is taken as. */
  readonly zone: Zone;
  readonly label: string;
  readonly hint: string;
}

/** Where files are dropped, or chosen, one by one or as a folder. */
export function FileField({ zone, label, hint }: FilesProps) {
  const take = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    void takeFiles([...(input.files ?? [])], zone);
    // The same file again is a choice, too.
    input.value = "";
  };
  return (
    <div class="files" data-zone={zone}>
      <p>{hint}</p>
      <div class="buttons">
        <label class="button">
          <input class="unseen" type="file" multiple aria-label={label} onChange={take} />
          Choose files
        </label>
        <label class="button">
          <input
            class="unseen"
            type="file"
            multiple
            aria-label={`${label}, as a folder`}
            {...{ webkitdirectory: true }}
            onChange={take}
          />
          Folder
        </label>
      </div>
    </div>
  );
}

/** What went wrong, in words. */
export function Trouble({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="trouble" role="alert">
      {children}
    </p>
  );
}
