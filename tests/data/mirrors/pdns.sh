sqlite3 /var/lib/powerdns/pdns.sqlite3 < /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
pdnsutil import-tsig-key mirror hmac-sha256 bWFrZSBvbmUgYnkgZmVlZGVyIGtleWdlbiBtaXJyb3I=
pdnsutil create-secondary-zone dnsbl.example.org 192.0.2.1:53
pdnsutil activate-tsig-key dnsbl.example.org mirror secondary
pdnsutil set-meta dnsbl.example.org IXFR 1
