/** The Web UI's entry. */

import { render } from 'preact';
import { App } from './app.tsx';
import { keepCookie } from './codec/settings.ts';
import { applyTheme, storedTheme } from './theme.ts';

applyTheme(storedTheme());
// The policy that this page came with does not name the codec endpoint: the next one does.
if (keepCookie()) location.reload();
else render(<App />, document.getElementById('app')!);
