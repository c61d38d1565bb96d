// As `pbjs -t json-module -w commonjs` writes it.
const $protobuf = require('protobufjs/light');

const $root = new $protobuf.Root().addJSON({
  orders: {
    nested: {
      v1: {
        nested: {
          Size: { values: { SIZE_UNSPECIFIED: 0, SMALL: 1, LARGE: 2 } },
          Item: {
            fields: {
              name: { type: 'string', id: 1 },
              count: { type: 'int64', id: 2 },
              size: { type: 'Size', id: 3 },
              picture: { type: 'bytes', id: 4 },
            },
          },
          Order: {
            fields: {
              customerName: { type: 'string', id: 1 },
              items: { rule: 'repeated', type: 'Item', id: 2 },
              byShelf: { keyType: 'string', type: 'Item', id: 3 },
              due: { type: 'google.protobuf.Timestamp', id: 4 },
              patience: { type: 'google.protobuf.Duration', id: 5 },
            },
          },
          Receipt: { fields: { text: { type: 'string', id: 1 } } },
        },
      },
    },
  },
  google: {
    nested: {
      protobuf: {
        nested: {
          Timestamp: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
          Duration: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
        },
      },
    },
  },
});

module.exports = $root;
