package handlers

import (
	"context"

	"qingfeng/bot/convo"
	"qingfeng/bot/text"
)

// AllowImages switches photos on the citizens' page on or off. They are off at first: a
// picture shows more than its author thinks, and its length cannot be hidden.
func (d *Desk) AllowImages(ctx context.Context, t *convo.Turn, on bool) error {
	const action = "public.images"
	if !t.Actor.Coordinator() {
		return d.refuse(ctx, t, action, aboutPublic, 0, "role", text.PubImagesNotYours)
	}
	if err := d.Publications.SetImages(ctx, on); err != nil {
		return err
	}
	say := text.PubImagesOff
	if on {
		say = text.PubImagesOn
	}
	t.Say(say)
	return d.record(ctx, t, action, aboutPublic, 0, 0)
}
