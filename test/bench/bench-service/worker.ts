/** What an activity is to those who have none: another Worker, which does nothing. */

export { Service as default } from '../bare/model.ts';
