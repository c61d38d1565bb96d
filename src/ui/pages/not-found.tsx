/** An address that leads nowhere. */

import { Empty } from '../components/basics.tsx';
import { href } from '../router.ts';

export function NotFoundPage({ namespace }: { namespace: string }) {
  return (
    <Empty icon="search" title="There is no such page">
      <p>
        <a href={href([namespace, 'workflows'])}>To the workflows</a>
      </p>
    </Empty>
  );
}
