/** `/docs/api`: every route, as `/openapi.json` describes it, to read and to try against this engine. */

import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { ErrorNote, Loading } from '../components/basics.tsx';
import { applyTheme, storedTheme } from '../theme.ts';
import { type Document, operationsOf, type Route } from './document.ts';
import { setApiKey } from './key.ts';
import { Operation } from './operation.tsx';

function Page() {
  const [document, setDocument] = useState<Document>();
  const [error, setError] = useState<Error>();
  const [filter, setFilter] = useState('');
  useEffect(() => {
    fetch('/openapi.json')
      .then(async (response) => setDocument((await response.json()) as Document))
      .catch((reason: Error) => setError(reason));
  }, []);
  if (error) return <ErrorNote error={error} title="The engine does not answer." />;
  if (!document) return <Loading what="the description of the API" />;
  const words = filter.toLowerCase();
  const routes = operationsOf(document).filter(({ path, method, operation }) =>
    `${operation.operationId} ${method} ${path}`.toLowerCase().includes(words),
  );
  const tags = [...new Set(routes.map(({ operation }) => operation.tags[0]!))];
  return (
    <main class="api-page">
      <h1>
        {document.info.title} {document.info.version}: HTTP API
      </h1>
      <p class="dim wrap">{document.info.description}</p>
      <p>
        <a href="/openapi.json">openapi.json</a> · <a href="/ui/">Web UI</a>
      </p>
      <div>
        <label class="field">
          <span>Find</span>
          <input value={filter} onInput={(e) => setFilter(e.currentTarget.value)} placeholder="signal" />
        </label>
        <label class="field">
          <span>API key, where the engine wants one; kept until this page is left</span>
          <input type="password" autocomplete="off" onInput={(e) => setApiKey(e.currentTarget.value)} />
        </label>
      </div>
      {tags.map((tag) => (
        <Section
          key={tag}
          tag={tag}
          routes={routes.filter(({ operation }) => operation.tags[0] === tag)}
          document={document}
        />
      ))}
    </main>
  );
}

function Section({ tag, routes, document }: { tag: string; routes: Route[]; document: Document }) {
  return (
    <section>
      <h2>{tag}</h2>
      {routes.map((route) => (
        <Operation key={route.operation.operationId} route={route} document={document} />
      ))}
    </section>
  );
}

applyTheme(storedTheme());
render(<Page />, document.getElementById('app')!);
