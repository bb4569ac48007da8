package main

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"qingfeng/bot/pg"
	"qingfeng/jobs"
)

// metrics exports what operations watch; counts come from Postgres, so that they
// are right whichever instance is asked. No label holds a person.
func (a *app) metrics() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), quietProcess{collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}, queueCollector{a.db}, jobCollector{a})
	return reg
}

// quietProcess leaves out how much the network carried: on Linux that is the machine's, and
// grows by the size of a citizen's request in the moment it comes.
type quietProcess struct{ prometheus.Collector }

func (q quietProcess) Collect(ch chan<- prometheus.Metric) {
	all := make(chan prometheus.Metric)
	go func() {
		defer close(all)
		q.Collector.Collect(all)
	}()
	for m := range all {
		if !strings.Contains(m.Desc().String(), "process_network_") {
			ch <- m
		}
	}
}

const scrapeWithin = 3 * time.Second

type queueCollector struct{ db *pg.DB }

func (queueCollector) Describe(ch chan<- *prometheus.Desc) { ch <- queueDesc() }

func (c queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWithin)
	defer cancel()
	q, err := c.db.Queues(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(queueDesc(), err)
		return
	}
	for _, v := range []struct {
		queue, state string
		n            int
	}{
		{"inbox", "new", q.InNew},
		{"inbox", "timers", q.InTimers},
		{"inbox", "parked", q.InParked},
		{"outbox", "pending", q.OutPending},
		{"outbox", "sending", q.OutSending},
		{"outbox", "held", q.OutHeld},
		{"outbox", "failed", q.OutFailed},
	} {
		ch <- prometheus.MustNewConstMetric(queueDesc(), prometheus.GaugeValue, float64(v.n), v.queue, v.state)
	}
}

func queueDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_queue_rows", "Rows waiting in a queue, by state.", []string{"queue", "state"}, nil)
}

// jobCollector tells of runs and pushes from Postgres, and of what Redis holds.
type jobCollector struct{ a *app }

func (jobCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{runsDesc(), overdueDesc(), batchesDesc(), batchPeopleDesc(), receiversDesc(), tasksDesc(), skewDesc()} {
		ch <- d
	}
}

func (c jobCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWithin)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counts, err := c.a.db.JobCounts(ctx, c.a.now())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(runsDesc(), err)
		return
	}
	for desc, list := range map[*prometheus.Desc][]pg.Count{
		runsDesc(): counts.Runs, batchesDesc(): counts.Batches, batchPeopleDesc(): counts.People, receiversDesc(): counts.Receivers,
	} {
		for _, n := range list {
			gauge(desc, float64(n.N), n.Of, n.State)
		}
	}
	for _, queue := range jobs.Queues() {
		gauge(overdueDesc(), counts.Overdue[queue].Seconds(), queue)
	}
	if skew, err := c.a.skew(ctx); err == nil {
		gauge(skewDesc(), skew.Seconds())
	}
	h := c.a.house.Load()
	if h == nil {
		return
	}
	sizes, err := redisSizes(ctx, h.redis)
	if err != nil {
		return // that Redis is away shows in what is overdue
	}
	for _, q := range sizes {
		gauge(tasksDesc(), float64(q.Pending), q.Queue, "pending")
		gauge(tasksDesc(), float64(q.Active), q.Queue, "active")
		gauge(tasksDesc(), float64(q.Scheduled), q.Queue, "scheduled")
		gauge(tasksDesc(), float64(q.Retry), q.Queue, "retry")
		gauge(tasksDesc(), float64(q.Archived), q.Queue, "archived")
	}
}

func runsDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_job_runs", "Runs of jobs, by state; done and failed ones of the last thirty days.", []string{"job", "state"}, nil)
}

func overdueDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_job_overdue_seconds", "How long the run that is due first waits to be begun.", []string{"queue"}, nil)
}

func batchesDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_push_batches", "Calls to WeCom that push to many, by state, of the last ninety days.", []string{"kind", "state"}, nil)
}

func batchPeopleDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_push_batch_people", "Receivers in those batches, by the batch's state.", []string{"kind", "state"}, nil)
}

func receiversDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_push_receivers", "Receivers that wait for a batch or did not get something, by state.", []string{"kind", "state"}, nil)
}

func tasksDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_redis_tasks", "Tasks that Redis carries, by state.", []string{"queue", "state"}, nil)
}

func skewDesc() *prometheus.Desc {
	return prometheus.NewDesc("qingfeng_clock_skew_seconds", "Our clock minus the database's; beyond 60 either way nothing timed is sent.", nil, nil)
}
