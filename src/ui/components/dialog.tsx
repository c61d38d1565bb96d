/** Dialogs that ask before they act, and show what the engine said when it refused. */

import type { ComponentChildren, Ref } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ErrorNote } from './basics.tsx';
import { Icon } from './icon.tsx';

interface DialogProps {
  title: string;
  onClose(): void;
  /** The button that does it. */
  action: string;
  danger?: boolean;
  /** Rejects with what is wrong; the dialog stays open and says so. */
  onSubmit(form: FormData): Promise<void>;
  children?: ComponentChildren;
  wide?: boolean;
}

export function FormDialog({ title, onClose, action, danger, onSubmit, children, wide }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const heading = useId();
  useEffect(() => dialog.current?.showModal(), []);
  // The browser gives the focus back to the button that opened it, and tells `onClose`.
  const close = (): void => dialog.current?.close();
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit(new FormData(event.currentTarget as HTMLFormElement));
      close();
    } catch (failed) {
      setError(failed as Error);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} class={wide ? 'dialog wide' : 'dialog'} aria-labelledby={heading} onClose={onClose}>
      <form onSubmit={submit}>
        <header>
          <h2 id={heading}>{title}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <div class="dialog-body">
          {children}
          {error && <ErrorNote error={error} />}
        </div>
        <footer>
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class={danger ? 'button danger' : 'button primary'} disabled={busy}>
            {busy ? 'Working…' : action}
          </button>
        </footer>
      </form>
    </dialog>
  );
}

interface FieldProps {
  label: string;
  name: string;
  value?: string;
  hint?: string;
  required?: boolean;
  placeholder?: string;
  /** Known values to choose from; others may be typed. */
  known?: readonly string[];
  rows?: number;
  type?: 'datetime-local' | 'password';
  autofocus?: boolean;
}

export function Field({
  label,
  name,
  value,
  hint,
  required,
  placeholder,
  known,
  rows,
  type,
  autofocus,
}: FieldProps) {
  const id = useId();
  const box = useRef<HTMLElement>(null);
  // The attribute counts when a page is loaded and when a dialog opens, not where a page follows another one in place.
  useEffect(() => {
    if (autofocus) box.current?.focus();
  }, []);
  const common = {
    id,
    name,
    required,
    placeholder,
    autoFocus: autofocus,
    spellcheck: false,
    autocomplete: 'off',
  };
  const described = hint ? { 'aria-describedby': `${id}-hint` } : {};
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows ? (
        <textarea
          ref={box as Ref<HTMLTextAreaElement>}
          {...common}
          {...described}
          rows={rows}
          class="mono"
          defaultValue={value}
        />
      ) : (
        <input
          ref={box as Ref<HTMLInputElement>}
          type={type}
          {...common}
          {...described}
          defaultValue={value}
          list={known ? `${id}-known` : undefined}
        />
      )}
      {known && (
        <datalist id={`${id}-known`}>
          {known.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** A field's text, without white space around it. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

interface ChoiceProps {
  label: string;
  name: string;
  value: string;
  choices: ReadonlyArray<readonly [value: string, label: string]>;
  onChoose?(value: string): void;
}

export function Choice({ label, name, value, choices, onChoose }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} onChange={(event) => onChoose?.(event.currentTarget.value)}>
        {choices.map(([each, words]) => (
          <option key={each} value={each} selected={each === value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Tick({ label, name, checked }: { label: string; name: string; checked: boolean }) {
  return (
    <label class="tick">
      <input type="checkbox" name={name} defaultChecked={checked} />
      {label}
    </label>
  );
}
