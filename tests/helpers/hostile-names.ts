import { words } from './words.ts'

/** Texts that are not home domains. Each must be refused before any DNS query. */
export const HOSTILE_NAMES: readonly string[] = [
  // Addresses in every spelling that a URL parser or inet_aton accepts.
  ...words(`
    127.0.0.1 127.0.0.1. 127.1 127.0.1 0 0. 0.0.0.0 1 2130706433 017700000001 0177.0.0.1
    0177.0.0.01 0x7f000001 0x7f.1 0x7f.0.0.1 0X7F.0.0.1 0x7F.0x0.0x0.0x1 127.000.000.001
    127.0.0.0x1 00000127.0.0.1 3232235777 169.254.169.254 169.254.43518 2852039166 0xa9fea9fe
    10.0.0.1 192.168.0.1 172.16.0.1 100.100.100.200 168.63.129.16 8.8.8.8 1.1.1.1 255.255.255.255
    256.256.256.256 1.2.3.4.5 999 good.com.0x7f good.com.1 good.0x ::1 [::1] [::] [::ffff:7f00:1]
    [::ffff:127.0.0.1] [::7f00:1] [fe80::1%25lo] [fe80::1%lo] fe80::1%lo [fd00:ec2::254]
    [64:ff9b::7f00:1] [2606:4700:4700::1111] 2606:4700:4700::1111 %31%32%37.0.0.1 127%2e0%2e0%2e1
  `),
  '\uff11\uff12\uff17.0.0.1',
  '\u2460\u2461\u2466.\u24ea.\u24ea.\u2460',
  '127\u30020\u30020\u30021',
  '127\uff0e0\uff0e0\uff0e1',
  '127\uff610\uff610\uff611',
  '127\u20240\u20240\u20241',
  '\u0661\u0662\u0667.\u0660.\u0660.\u0661',
  // Names that are not public.
  ...words(`
    localhost LOCALHOST localhost. localhost.localdomain.local a.localhost metadata
    metadata.google.internal instance-data.ec2.internal printer.local router.lan nas.home
    wiki.corp db.intranet x.private 1.0.0.127.in-addr.arpa home.arpa abcdefgh.onion anchor.test
    anchor.example anchor.invalid anchor.alt kubernetes.default.svc.cluster.local anchor com
  `),
  // Broken names.
  ...words(`
    . .. .com good..com .good.com good.com.. good.c good.1com good.co- -good.com good-.com
    a.-b.com _dmarc.good.com go_od.com *.good.com * xn--.com xn--a.com xn--zz.com xn--abc-.com
    xn--1ug.com xn--a-ecp.com
  `),
  '',
  `${'a'.repeat(64)}.com`,
  `${'a.'.repeat(127)}com`,
  `${'a'.repeat(300)}.com`,
  // Invisible characters.
  'good\u00ad.com',
  'go\u200bod.com',
  'go\u200cod.com',
  'go\u200dod.com',
  'go\u2060od.com',
  '\ufeffgood.com',
  'good.com\ufeff',
  '\u202egood.com',
  'good\u202d.com',
  '\u2066good.com\u2069',
  'good\u200e.com',
  'good\u061c.com',
  'good\ufe0f.com',
  'good\u{e0100}.com',
  'good\u{e0061}.com',
  'go\u034fod.com',
  'go\u115fod.com',
  'go\u3164od.com',
  'go\uffa0od.com',
  'go\u17b4od.com',
  'go\u180eod.com',
  'go\u2800od.com',
  'go\ufffcod.com',
  'go\ud800od.com',
  'go\u0378od.com',
  'go\ue000od.com',
  'go od.com',
  ' good.com',
  'good.com ',
  'go\u00a0od.com',
  'go\u2003od.com',
  'go\u3000od.com',
  'go\u2028od.com',
  'good.com\n',
  'good.com\r\nhost: 127.0.0.1',
  'good\t.com',
  'good.com\0',
  '\0good.com',
  'good\u007f.com',
  'good\u0085.com',
  // Characters that normalisation turns into others.
  '\u2100.good.com',
  'good.com\u2100',
  '\u2048.good.com',
  '\u212a.good.com',
  'go\u017fd.com',
  '\ufb01ne.com',
  '\u2167.good.com',
  'good\u2025com',
  'good\uff0fpath.com',
  'good\uff20evil.com',
  'good\uff1a443.com',
  'good\uff03.com',
  'ｇood.com',
  'g\u24deod.com',
  'good\u3002com',
  'good\uff61com',
  'good\uff0ecom',
  'e\u0301.com',
  'good\u00bd.com',
  '\u{1d4bd}ello.com',
  // Names with more than a name around them.
  ...words(`
    good.com/ good.com/.. good.com/.well-known good.com//evil.com good.com?x good.com? good.com#
    good.com#@evil.com good.com:443 good.com:8443 good.com: good.com@127.0.0.1 user@good.com
    user:password@good.com @good.com //good.com https://good.com http:good.com javascript:alert(1)
    good.com%2f good.com%00 %67ood.com good.com;x good.com,evil.com good.com&x good.com=x
    good.com|x good!.com good".com <good>.com good^.com good~.com (good).com {good}.com good+.com
  `),
  'good.com\\@127.0.0.1',
  'good.com\\evil',
  '\\\\good.com',
  'good.com`id`',
  '$(id).com',
  "good'.com",
]

/** URLs that a transfer server or a redirect must not name. `good.sim` exists in the tests' world. */
export const HOSTILE_URLS: readonly string[] = [
  ...words(`
    http://good.sim/ http://127.0.0.1/ ftp://good.sim/ file:///etc/passwd data:text/plain,x
    javascript:alert(1) gopher://good.sim/ ws://good.sim/ wss://good.sim/ blob:https://good.sim/x
    view-source:https://good.sim/ https:good.sim/ https:/good.sim/ https:///good.sim/
    https:////good.sim/ https://127.0.0.1#@good.sim/ https://127.0.0.1?@good.sim/
    https://user@good.sim/ https://user:password@good.sim/ https://:@good.sim/ https://@good.sim/
    https://good.sim@127.0.0.1/ https://127.0.0.1@good.sim/ https://good.sim%40127.0.0.1/
    https://good.sim:80/ https://good.sim:8443/ https://good.sim:0/ https://good.sim:65536/
    https://good.sim:/ https://good.sim:00443/ https://good.sim:443:443/
    https://good.sim:9001/2018-06-01/runtime/invocation/next https://127.0.0.1/
    https://127.0.0.1:443/ https://127.1/ https://2130706433/ https://0x7f.1/ https://0177.0.0.1/
    https://0/ https://[::1]/ https://[::ffff:127.0.0.1]/ https://[::]/ https://[fe80::1%25lo]/
    https://169.254.169.254/latest/meta-data/ https://8.8.8.8/ https://[2606:4700:4700::1111]/
    https://%31%32%37.0.0.1/ https://localhost/ https://localhost:443/
    https://metadata.google.internal/
  `),
  'https:\\\\good.sim\\',
  'https://good.sim\\@127.0.0.1/',
  'https://127.0.0.1\\@good.sim/',
  'https://\uff11\uff12\uff17.0.0.1/',
  'https://\u2460\u2461\u2466.0.0.1/',
  'https://127\u30020\u30020\u30021/',
  'https://good.sim\t/',
  'https://good.sim\n/',
  'https://good.sim/\r\nx: y',
  'https://go\tod.sim/',
  ' https://good.sim/',
  'https://good.sim/ x',
  'https://good.sim/\0',
  'https://good\u00ad.sim/',
  'https://good\u200b.sim/',
  'https://good\u3002sim/',
  `https://good.sim/${'a'.repeat(4000)}`,
]
