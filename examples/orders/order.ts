// What is in the stream: orders, and baskets that somebody only looked at.

export interface Order {
  readonly type: "order";
  readonly id: string;
  readonly customer: string;
  readonly lines: readonly { readonly article: string; readonly pieces: number }[];
  readonly payment: { readonly method: "card" | "transfer"; readonly total: number };
}

export interface Basket {
  readonly type: "basket";
  readonly id: string;
  readonly customer: string;
}
