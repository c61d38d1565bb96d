/** A list of rows of one height, of which only those in sight exist: ten thousand scroll like ten. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface VirtualListProps {
  count: number;
  rowHeight: number;
  row(index: number): ComponentChildren;
  label: string;
  /** Scrolled into sight when it changes. */
  target?: number;
  class?: string;
}

const SPARE = 12;

export function VirtualList(props: VirtualListProps) {
  const { count, rowHeight, row, label, target } = props;
  const box = useRef<HTMLElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const look = (): void => {
    const { scrollTop: top = 0, clientHeight: height = 600 } = box.current ?? {};
    setView((old) => (old.top === top && old.height === height ? old : { top, height }));
  };
  useEffect(() => {
    look();
    const observer = new ResizeObserver(look);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const { current } = box;
    if (target === undefined || target < 0 || !current) return;
    const top = target * rowHeight;
    const outside = top < current.scrollTop || top + rowHeight > current.scrollTop + current.clientHeight;
    if (outside) current.scrollTop = Math.max(0, top - current.clientHeight / 2);
  }, [target, rowHeight]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - SPARE);
  const end = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + SPARE);
  const rows = [];
  for (let index = first; index < end; index++) rows.push(row(index));
  return (
    <section
      ref={box}
      class={`virtual ${props.class ?? ''}`}
      onScroll={look}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={label}
    >
      <div class="virtual-inner" style={{ height: `${count * rowHeight}px` }}>
        <div class="virtual-window" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </section>
  );
}
