/** The small parts that every page is made of. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { dateTime, relative } from '../format.ts';
import { runStatus } from '../status.ts';
import { Icon, type IconName } from './icon.tsx';

export function StatusBadge({ status }: { status: string | undefined }) {
  const { label, tone } = runStatus(status);
  return (
    <span class={`badge tone-${tone}`}>
      <span class="dot" aria-hidden="true" />
      {label}
    </span>
  );
}

/** A moment: how long ago, and exactly when one points at it. */
export function Time({ ms, now, exact = false }: { ms: number | undefined; now: number; exact?: boolean }) {
  if (ms === undefined) return <span class="dim">–</span>;
  const iso = new Date(ms).toISOString();
  return (
    <time dateTime={iso} title={`${dateTime(ms)} (${iso})`}>
      {exact ? dateTime(ms) : relative(ms, now)}
    </time>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (event: MouseEvent): Promise<void> => {
    event.preventDefault();
    event.stopPropagation();
    await navigator.clipboard?.writeText(text).catch(() => undefined);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_200);
  };
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      onClick={copy}
    >
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}

export function ErrorNote({ error, title }: { error: Error; title?: string }) {
  return (
    <div class="note note-failed" role="alert">
      {title && <strong>{title}</strong>}
      <span class="wrap">{error.message}</span>
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
}

export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what}…
    </p>
  );
}

/** Names and values, one below the other. Rows without a value are left out. */
export function Facts({ rows }: { rows: Array<[name: string, value: ComponentChildren]> }) {
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export interface Tab {
  id: string;
  label: string;
  count?: number;
  alarm?: boolean;
}

interface TabsProps {
  tabs: readonly Tab[];
  selected: string;
  onSelect(id: string): void;
  label: string;
}

/** Arrow keys move between tabs, as the ARIA practice for tabs has it. */
export function Tabs({ tabs, selected, onSelect, label }: TabsProps) {
  const step = (event: KeyboardEvent): void => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    const at = tabs.findIndex(({ id }) => id === selected);
    const next = tabs[(at + move + tabs.length) % tabs.length]!;
    onSelect(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={step}>
      {tabs.map(({ id, label: name, count, alarm }) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          aria-selected={id === selected}
          aria-controls="tab-panel"
          tabIndex={id === selected ? 0 : -1}
          onClick={() => onSelect(id)}
        >
          {name}
          {count !== undefined && count > 0 && (
            <span class={alarm ? 'count alarm' : 'count'}>{count.toLocaleString('en')}</span>
          )}
        </button>
      ))}
    </div>
  );
}
