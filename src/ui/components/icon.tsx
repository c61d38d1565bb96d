/** Icons, drawn here: nothing is loaded from anywhere. */

const PATHS = {
  activity: 'M3 12h4l3 8 4-16 3 8h4',
  timer: 'M12 8v5l3 2M12 21a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM9 2h6',
  child: 'M6 3v12a3 3 0 0 0 3 3h9M15 15l3 3-3 3M6 3h0',
  signal: 'M4 12h11M11 7l5 5-5 5M20 4v16',
  update: 'M4 9h13l-4-4M20 15H7l4 4',
  workflow: 'M4 5h7v5H4zM13 14h7v5h-7zM7.5 10v6.5H13',
  task: 'M12 9v4M12 17h.01M10.3 4 2.8 17a2 2 0 0 0 1.7 3h15a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0Z',
  marker: 'M6 3v18M6 4h11l-2 4 2 4H6',
  external: 'M14 4h6v6M20 4l-9 9M18 14v5H5V6h5',
  local: 'M12 3 4 14h6l-1 7 9-12h-6z',
  wait: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9 9v6M15 9v6',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12l5 5L20 7',
  close: 'M6 6l12 12M18 6 6 18',
  plus: 'M12 5v14M5 12h14',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z',
  system: 'M3 5h18v11H3zM8 20h8M12 16v4',
  down: 'M12 4v12M6 11l6 6 6-6M4 21h16',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4',
  chevron: 'M9 6l6 6-6 6',
  worker: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v4M16 3v4',
  play: 'M7 5v14l11-7z',
  refresh: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  stop: 'M6 6h12v12H6z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  locked: 'M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4',
  unlocked: 'M5 11h14v10H5zM8 11V7a4 4 0 0 1 7.7-1.5M12 15v2',
  columns: 'M4 5h16v14H4zM10 5v14M15 5v14',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
