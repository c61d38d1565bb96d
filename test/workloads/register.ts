/** W3: a register with compare-and-set and a set, as a state and what a command does to it. The checker has the same model. */

export type RegisterCommand =
  | { do: 'write'; value: number }
  | { do: 'cas'; from: number; to: number }
  | { do: 'add'; item: number }
  | { do: 'read' };

export interface RegisterState {
  value: number;
  /** In the order in which they came. */
  members: number[];
}

export interface RegisterAnswer {
  value: number;
  members: number;
  /** Of a compare-and-set: it did set. */
  done: boolean;
}

export const EMPTY_REGISTER: RegisterState = { value: 0, members: [] };

export function applyRegister(
  state: RegisterState,
  command: RegisterCommand,
): { state: RegisterState; result: RegisterAnswer } {
  const next = { ...state };
  let done = true;
  if (command.do === 'write') next.value = command.value;
  else if (command.do === 'cas') {
    done = state.value === command.from;
    if (done) next.value = command.to;
  } else if (command.do === 'add') next.members = [...state.members, command.item];
  return { state: next, result: { value: next.value, members: next.members.length, done } };
}
