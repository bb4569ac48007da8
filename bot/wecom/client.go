package wecom

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Config is what a Client needs; APIBase and OAuthBase may be empty for the public
// service, Transport may be nil for the usual one.
type Config struct {
	CorpID, Secret     string
	AgentID            int64
	APIBase, OAuthBase string
	Now                func() time.Time
	Transport          http.RoundTripper
}

// Client speaks for one app of one corp. It is safe for concurrent use.
type Client struct {
	corp   string
	agent  int64
	oauth  *url.URL
	api    *api
	tokens *tokens
	sdk    *bridge
}

// New checks the configuration; it makes no call.
func New(cfg Config) (*Client, error) {
	if cfg.CorpID == "" || cfg.Secret == "" || cfg.AgentID <= 0 || cfg.Now == nil {
		return nil, errors.New("wecom: client needs corp id, secret, agent id and clock")
	}
	base, err := checkBase(cfg.APIBase, DefaultAPIBase)
	if err != nil {
		return nil, err
	}
	oauth, err := checkBase(cfg.OAuthBase, DefaultOAuthBase)
	if err != nil {
		return nil, err
	}
	rt := cfg.Transport
	if rt == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConnsPerHost = 32
		rt = own
	}
	a := &api{base: base, http: newHTTP(rt), timeout: callTimeout}
	return &Client{
		corp: cfg.CorpID, agent: cfg.AgentID, oauth: oauth, api: a, sdk: sdk(),
		tokens: &tokens{fetch: a.gettoken(cfg.CorpID, cfg.Secret), now: cfg.Now},
	}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.api.http.CloseIdleConnections() }

// withToken runs one call, and once more with a new token if WeCom refuses the old one.
func (c *Client) withToken(ctx context.Context, call func(token string) error) error {
	for attempt := 0; ; attempt++ {
		token, err := c.tokens.get(ctx)
		if err != nil {
			return err
		}
		err = call(token)
		var refusal *CodeError
		if attempt == 0 && errors.As(err, &refusal) && isTokenCode(refusal.Code) && c.tokens.discard(token) {
			continue
		}
		return err
	}
}

func (c *Client) call(ctx context.Context, method, op string, query url.Values, body []byte, out any) error {
	return c.withToken(ctx, func(token string) error {
		q := url.Values{"access_token": {token}}
		for k, v := range query {
			q[k] = v
		}
		return c.api.do(ctx, method, op, q, body, out)
	})
}

// post sends v as JSON.
func (c *Client) post(ctx context.Context, op string, query url.Values, v, out any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, op, query, body, out)
}

func (c *Client) agentQuery() url.Values {
	return url.Values{"agentid": {strconv.FormatInt(c.agent, 10)}}
}
