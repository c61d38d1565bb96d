import { describe, expect, it } from 'vitest';
import { Client, type DataConverter } from '../../sdk/client/index.ts';
import {
  ApplicationFailure,
  CompositePayloadConverter,
  DefaultFailureConverter,
  defaultDataConverter,
  defaultFailureConverter,
  defaultPayloadConverter,
  JsonPayloadConverter,
} from '../../sdk/common/index.ts';

describe('a client’s data converter', () => {
  it('may be the default one or have a payload converter of its own', () => {
    const own = new CompositePayloadConverter(new JsonPayloadConverter());
    expect(new Client({ dataConverter: defaultDataConverter }).payloadConverter).toBe(
      defaultPayloadConverter,
    );
    expect(new Client({ dataConverter: { payloadConverter: own } }).payloadConverter).toBe(own);
  });

  it.each([
    ['payloadCodecs', { payloadCodecs: [{}] }],
    ['failureConverter', { failureConverter: { ...defaultFailureConverter } }],
    ['payloadConverterPath', { payloadConverterPath: '/converter.js' }],
  ])('is refused when %s would be left unused', (name, converter) => {
    const make = () => new Client({ dataConverter: converter as DataConverter });
    expect(make).toThrow(`dataConverter: ${name} cannot be used`);
  });
});

describe('the default failure converter', () => {
  const thrown = () =>
    ApplicationFailure.create({ message: 'no', type: 'Refused', details: [1], cause: new Error('why') });
  const same = { message: 'no', type: 'Refused', details: [1], cause: { message: 'why' } };

  it('gives back the error that it was given', () => {
    const { failureConverter } = defaultDataConverter;
    const failure = failureConverter.errorToFailure(thrown(), defaultPayloadConverter);
    expect(failure).toMatchObject({ message: 'no', cause: { message: 'why' } });
    const back = failureConverter.failureToError(failure, defaultPayloadConverter);
    expect(back).toBeInstanceOf(ApplicationFailure);
    expect(back).toMatchObject(same);
  });

  it('writes the texts of an error and its causes as payloads when asked to, and reads them in any case', () => {
    const encoding = new DefaultFailureConverter({ encodeCommonAttributes: true });
    const failure = encoding.errorToFailure(thrown(), defaultPayloadConverter);
    expect(JSON.stringify(failure)).not.toMatch(/"no"|"why"|data-converter\.test/);
    expect(failure).toMatchObject({ message: 'Encoded failure', cause: { message: 'Encoded failure' } });
    for (const reading of [encoding, defaultFailureConverter]) {
      const back = reading.failureToError(failure, defaultPayloadConverter);
      expect(back).toMatchObject(same);
      expect(back.stack).toContain('data-converter.test');
      expect(encoding.errorToFailure(back, defaultPayloadConverter)).toEqual(failure);
    }
  });
});
