/**
 * The search attributes of an engine in memory. Tests need not add what their workflows set: a name that nobody added
 * is taken, and has the type of the first value that came with it.
 */

import { SearchAttributeRegistry } from '../../src/namespace/search-attributes.ts';
import { type NamespaceAttributes, typedAs } from '../../src/visibility/attributes.ts';
import { type AttributeTypes, guessedType, settableType } from '../../src/visibility/fields.ts';
import type { SearchAttributesJson } from '../common/history.ts';
import { decodeSearchAttribute, type SearchAttributeType } from '../common/search-attributes.ts';
import type { VisibilityRecord } from '../common/service.ts';
import { answered, memorySql } from './memory-storage.ts';

export class MemoryAttributes {
  readonly #registry = new SearchAttributeRegistry(memorySql());
  readonly #seen = new Map<string, SearchAttributeType>();

  /** Types by name, those of the record among them. */
  typesFor({ info }: VisibilityRecord): AttributeTypes {
    this.see(info.searchAttributes);
    return this.#all();
  }

  /** Somebody has set these. */
  see(attributes: SearchAttributesJson | undefined): void {
    for (const [name, payload] of Object.entries(attributes?.indexedFields ?? {})) {
      const { value, type } = decodeSearchAttribute(payload);
      if (!settableType(name, this.#all())) this.#seen.set(name, type ?? guessedType(value));
    }
  }

  /** What a workflow task sets, with the types of the names that were added, as in every engine. */
  async typed(namespace: string, given: SearchAttributesJson): Promise<SearchAttributesJson> {
    return typedAs(namespace, given, { attributes: this.#registry.all(), anyName: true });
  }

  stub() {
    return {
      searchAttributes: async (): Promise<NamespaceAttributes> => ({
        attributes: this.#all(),
        anyName: true,
      }),
      addSearchAttributes: (added: AttributeTypes) => answered(async () => this.#registry.add(added)),
      removeSearchAttributes: (names: string[]) => answered(async () => this.#registry.remove(names)),
    };
  }

  #all(): AttributeTypes {
    return { ...Object.fromEntries(this.#seen), ...this.#registry.all() };
  }
}
