/** Texts that would run, load or break something, were they ever read as anything but text. */

export const HOSTILE: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  '<a href="javascript:alert(1)">click</a>',
  'javascript:alert(1)',
  '<img src="https://example.com/beacon.png">',
  '<link rel=stylesheet href=//example.com/x.css>',
  '<style>*{display:none}</style>',
  '{{constructor.constructor("alert(1)")()}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is the point
  '${alert(1)}',
  '</textarea></title></script><script>alert(1)</script>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '__proto__',
  '\u202Egnp.exe',
];
