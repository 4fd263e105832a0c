/** What goes over the wire, as the page calls it. Money is decimal text; times are milliseconds of the Unix epoch. */
import type * as schema from './schema';

export type {
  AccountCheck,
  AccountView,
  AddAccountBody,
  Balance,
  BalancesView,
  Candle,
  CandlesView,
  Capabilities,
  Cause,
  Channel,
  CheckFinding,
  Code,
  CommandResult,
  CreateTokenBody,
  DeliveryView,
  DestinationView,
  Environment,
  Fill,
  FillsPage,
  FlattenBody,
  Health,
  InstrumentView,
  Kind as NoticeKind,
  Level,
  LeverageBody,
  Limits,
  LimitsBody,
  MarketFrame,
  Order,
  OrderBook,
  OrdersPage,
  OrderStory,
  OrderType,
  PartHealth,
  Pong,
  Position,
  PositionSide,
  PositionsPage,
  PositionView,
  Preview,
  ProtectionBody,
  PublicTrade,
  Refusal,
  RulesView,
  Scope,
  SessionView,
  Side,
  Status,
  Ticker,
  TimeInForce,
  TimelineLine,
  TokenView,
  TradingState,
  TradingStateBody,
  TriggerBy,
} from './schema';

/** The server takes a flag that is left out for `false`; the generated types ask for each. */
export type Sparse<Body> = { [Key in keyof Body as Body[Key] extends boolean ? never : Key]: Body[Key] } & {
  [Key in keyof Body as Body[Key] extends boolean ? Key : never]?: Body[Key];
};

export type PlaceOrderBody = Sparse<schema.PlaceOrderBody>;
export type AmendOrderBody = Sparse<schema.AmendOrderBody>;
export type ClosePositionBody = Sparse<schema.ClosePositionBody>;

/** Closes a position and opens the same size the other way. */
export type ReverseBody = schema.ReversePositionBody;
/** One browser that is signed in; `last_used_ms` is right to the hour, `this` is the one that asks. */
export type Device = schema.DeviceView;
/** What signs one browser in, once; `qr` is SVG text. */
export type Pairing = schema.PairingView;

/** A record of a stream, as journaled; of its envelope only what the page reads. */
export interface StreamEvent {
  account: string;
  time_ms: number;
  principal?: string | null;
  body: OrderUpdated | PositionUpdated | { kind: string };
}

export type OrderUpdated = schema.OrderUpdated;
export type PositionUpdated = schema.PositionUpdated;

/** A frame of `/ws/orders` and `/ws/positions`; `snapshot` only in the first frame of a connect without a cursor. */
export interface StreamFrame<Item> {
  after: string | null;
  cursor: string;
  events: StreamEvent[];
  snapshot?: Item[] | null;
}

/** A topic of `/ws/market`. */
export interface Topic {
  account: string;
  channel: schema.Channel;
  symbol: string;
  interval?: string | null;
}
