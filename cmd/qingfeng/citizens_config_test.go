package main

import (
	"fmt"
	"testing"
)

func TestTrustedProxiesAreAddressesAndNetworks(t *testing.T) {
	for list, want := range map[string]string{
		"": "[]", "10.0.0.1": "[10.0.0.1/32]", "10.1.2.3/8, ::1": "[10.0.0.0/8 ::1/128]",
	} {
		got, err := proxies(list)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q: %v %v, want %s", list, got, err, want)
		}
	}
	for _, list := range []string{"proxy.example", "10.0.0.0/33", "10.0.0.1:80"} {
		s := newShell(t)
		s.vars["QINGFENG_TRUSTED_PROXIES"] = list
		s.fails("TRUSTED_PROXIES", "jobs")
	}
}
