/** JSON schemas of what the API answers, from the types that its handlers declare: the compiler knows them. */

import { join } from 'node:path';
import ts from 'typescript';
import { projectRoot } from './root.ts';

type Schema = Record<string, unknown>;
export interface ReplySchemas {
  schemas: Record<string, Schema>;
  /** By RPC. */
  replies: Record<string, Schema>;
}

/** Types that say more, or less, than the JSON that they become. */
const special: Record<string, Schema> = {
  // Shorthand: any value.
  PayloadJson: {},
  PayloadsJson: { anyOf: [{ type: 'array' }, { type: 'object' }] },
  HistoryEvent: {
    type: 'object',
    description: 'An event of a history: `eventType` says which attributes it has.',
    properties: {
      eventId: { type: 'string' },
      eventTime: { type: 'string' },
      eventType: { type: 'string' },
    },
    required: ['eventId', 'eventTime', 'eventType'],
  },
  EventStream: { stream: true },
};

export function replySchemas(): ReplySchemas {
  const file = join(projectRoot, 'src/api/routes.ts');
  const { config } = ts.readConfigFile(join(projectRoot, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, projectRoot);
  const program = ts.createProgram([file, join(projectRoot, 'src/env.ts')], options);
  const made = new Made(program.getTypeChecker());
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'route') made.add(node);
    else ts.forEachChild(node, visit);
  };
  visit(program.getSourceFile(file)!);
  const byName = Object.entries(made.schemas).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { schemas: Object.fromEntries(byName), replies: made.replies };
}

class Made implements ReplySchemas {
  readonly schemas: Record<string, Schema> = {};
  readonly replies: Record<string, Schema> = {};
  readonly #checker: ts.TypeChecker;
  readonly #names = new Map<ts.Type, string>();

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  /** `route(rpc, [method, path], permission, schema, handler)` */
  add(call: ts.CallExpression): void {
    const [rpc, , , , handler] = call.arguments;
    const [signature] = this.#checker.getTypeAtLocation(handler!).getCallSignatures();
    const answer = this.#checker.getAwaitedType(signature!.getReturnType())!;
    this.replies[(rpc as ts.StringLiteral).text] = this.#schemaOf(answer);
  }

  #schemaOf(type: ts.Type): Schema {
    const name = type.aliasSymbol?.name ?? type.symbol?.name;
    if (name !== undefined && Object.hasOwn(special, name))
      return this.#named(type, name, () => special[name]!);
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.flags & ts.TypeFlags.StringLike) return literal(type) ?? { type: 'string' };
    if (type.flags & ts.TypeFlags.NumberLike) return literal(type) ?? { type: 'number' };
    if (type.flags & ts.TypeFlags.BooleanLiteral)
      return { const: this.#checker.typeToString(type) === 'true' };
    // "object" in a handler's type: nothing to say.
    if (type.flags & (ts.TypeFlags.Void | ts.TypeFlags.NonPrimitive)) return objectOf({}, []);
    if (type.isUnion()) return this.#unionOf(type);
    if (this.#checker.isArrayType(type))
      return {
        type: 'array',
        items: this.#schemaOf(this.#checker.getTypeArguments(type as ts.TypeReference)[0]!),
      };
    const named = type.isClassOrInterface() || type.aliasSymbol !== undefined;
    return named && name ? this.#named(type, name, () => this.#fieldsOf(type)) : this.#fieldsOf(type);
  }

  #unionOf(type: ts.UnionType): Schema {
    const members = type.types.filter(
      ({ flags }) => !(flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Never)),
    );
    const schemas = members.map((member) => this.#schemaOf(member));
    if (schemas.length === 1) return schemas[0]!;
    if (schemas.every((schema) => 'const' in schema)) {
      const values = schemas.map((schema) => schema.const);
      const booleans = values.every((value) => typeof value === 'boolean');
      return booleans ? { type: 'boolean' } : { enum: values };
    }
    return { anyOf: schemas };
  }

  #fieldsOf(type: ts.Type): Schema {
    const indexed = this.#checker.getIndexInfosOfType(type)[0];
    if (indexed) return { type: 'object', additionalProperties: this.#schemaOf(indexed.type) };
    const required: string[] = [];
    const properties: Record<string, Schema> = {};
    for (const field of this.#checker.getPropertiesOfType(type)) {
      const fieldType = this.#checker.getTypeOfSymbol(field);
      const optional =
        (field.flags & ts.SymbolFlags.Optional) !== 0 ||
        (fieldType.isUnion() && fieldType.types.some(({ flags }) => flags & ts.TypeFlags.Undefined));
      if (!optional) required.push(field.name);
      const description = ts.displayPartsToString(field.getDocumentationComment(this.#checker));
      const schema = this.#schemaOf(fieldType);
      properties[field.name] = description && !('$ref' in schema) ? { ...schema, description } : schema;
    }
    return objectOf(properties, required);
  }

  /** Types of one name that are not the same get numbers. */
  #named(type: ts.Type, name: string, make: () => Schema): Schema {
    let known = this.#names.get(type);
    if (known === undefined) {
      known = name;
      const shared = Object.hasOwn(special, name);
      for (let n = 2; !shared && Object.hasOwn(this.schemas, known); n++) known = `${name}${n}`;
      this.#names.set(type, known);
      if (name === 'EventStream') return special[name]!;
      this.schemas[known] = {};
      this.schemas[known] = make();
    }
    return name === 'EventStream' ? special[name]! : { $ref: `#/components/schemas/${known}` };
  }
}

function literal(type: ts.Type): Schema | undefined {
  return type.isStringLiteral() || type.isNumberLiteral() ? { const: type.value } : undefined;
}

function objectOf(properties: Record<string, Schema>, required: string[]): Schema {
  return {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}
