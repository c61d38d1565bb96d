// As `pbts` writes it.
import type Long = require('long');

export namespace google.protobuf {
  export interface ITimestamp {
    seconds?: Long | number | null;
    nanos?: number | null;
  }
  export interface IDuration {
    seconds?: Long | number | null;
    nanos?: number | null;
  }
}

export namespace orders.v1 {
  export enum Size {
    SIZE_UNSPECIFIED = 0,
    SMALL = 1,
    LARGE = 2,
  }
  export interface IItem {
    name?: string | null;
    count?: Long | number | null;
    size?: Size | null;
    picture?: Uint8Array | null;
  }
  export class Item implements IItem {
    constructor(properties?: IItem);
    name: string;
    count: Long | number;
    size: Size;
    picture: Uint8Array;
    static create(properties?: IItem): Item;
  }
  export interface IOrder {
    customerName?: string | null;
    items?: IItem[] | null;
    byShelf?: { [k: string]: IItem } | null;
    due?: google.protobuf.ITimestamp | null;
    patience?: google.protobuf.IDuration | null;
  }
  export class Order implements IOrder {
    constructor(properties?: IOrder);
    customerName: string;
    items: IItem[];
    byShelf: { [k: string]: IItem };
    due?: google.protobuf.ITimestamp | null;
    patience?: google.protobuf.IDuration | null;
    static create(properties?: IOrder): Order;
  }
  export interface IReceipt {
    text?: string | null;
  }
  export class Receipt implements IReceipt {
    constructor(properties?: IReceipt);
    text: string;
    static create(properties?: IReceipt): Receipt;
  }
}
