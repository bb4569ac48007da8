package text

// What `qingfeng jobs` and `qingfeng doctor` say about what runs by itself.
const (
	JobsRedis       = "队列 %s：排队%d 进行%d 定时%d 重试%d 搁置%d"
	JobsNoRedis     = "Redis 看不到（%s），以上以数据库为准。"
	JobsHiddenRedis = "服务内置，从这里看不到"
	JobsDeadRedis   = "没有应答"
	JobsBatches     = "推送 %s：%s %d 批 %d 人"
	JobsReceivers   = "收件人 %s：%s %d 人"
	JobsStuck       = "推送批次%d %s %s %s %d 人 错误码%d"
	JobsLate        = "最早到期的任务已等待：%s %s"

	DoctorDBClock     = "数据库时钟"
	DoctorDBClockOK   = "与本机一致"
	DoctorDBClockOff  = "本机时钟比数据库快 %s。相差超过 1 分钟，到点的提醒暂不计划、不发送；请校时（NTP）。"
	DoctorDBClockSlow = "本机时钟比数据库慢 %s。相差超过 1 分钟，到点的提醒暂不计划、不发送；请校时（NTP）。"
)

// JobsState is a state of a batch or of a receiver in words.
func JobsState(state string) string {
	switch state {
	case "pending", "waiting", "frozen":
		return "等待发出"
	case "sending":
		return "发送中"
	case "unknown":
		return "结果未知，重发中"
	case "sent":
		return "已发出"
	case "held":
		return "结果未知（待人工核对）"
	case "failed":
		return "失败"
	case "invalid":
		return "收不到"
	case "thawed":
		return "已过时，改日再提醒"
	}
	return state
}
