/** German for what the scripts say: English text → German, sorted by module. Sie-form where somebody is spoken to. */

export default {
  // lib/format.js
  "just now": "gerade eben",
  "{minutes} min ago": "vor {minutes} min",
  "{hours} h ago": "vor {hours} h",
  "{days} d ago": "vor {days} T.",
};
