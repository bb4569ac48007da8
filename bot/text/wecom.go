package text

// What the transport says to operators: what to do about an errcode (bot/wecom).
const (
	WeComHintSecret      = "企业微信不认企业 ID 或应用 Secret：请核对 QINGFENG_WECOM_CORP_ID 和 QINGFENG_WECOM_SECRET。为避免本机 IP 被封，每分钟最多试一次。"
	WeComHintToken       = "访问凭证失效，换新凭证后仍未成功，稍后会自动再试。"
	WeComHintUnknown     = "请求已发出但没有收到答复，是否送达不明。"
	WeComHintNetwork     = "连不上企业微信接口：请检查网络和 QINGFENG_WECOM_API_BASE。"
	WeComHintBusy        = "企业微信系统繁忙，会自动重试。"
	WeComHintFrequency   = "调用过于频繁，已暂停一个时间窗，之后自动继续。"
	WeComHintConcurrency = "并发过高，稍后自动重试。"
	WeComHintTrustedIP   = "本机出口 IP 不在“企业可信IP”内：请在管理后台的应用详情里添加，约 1 分钟后生效。"
	WeComHintAgent       = "应用编号与 Secret 不是同一个应用：请核对 QINGFENG_WECOM_AGENT_ID。"
	WeComHintPermission  = "应用没有调用这个接口的权限，或已停用：请在管理后台检查应用状态和权限。"
	WeComHintReceiver    = "收件人不存在、已停用、没有接口许可或不在应用可见范围内：请在管理后台检查可见范围。"
	WeComHintContent     = "消息内容不合要求，企业微信拒收。"
	WeComHintCard        = "卡片的任务编号或按钮不被接受，或卡片已经更新过。"
	WeComHintOther       = "企业微信拒绝了这次调用：请按错误码查阅企业微信文档。"
)

// What the renderer adds around the words of others.
const (
	WeComPart         = "（%d/%d）" // before each part of a split text
	Ellipsis          = "…"       // where a card's field was shortened; the whole stands in the text before it
	WeComFact         = "%s：%s"   // key, value
	WeComNumbered     = "%d %s"   // number, label
	WeComList         = "〔%s〕请回复序号"
	WeComListOlder    = "〔%s〕请回复序号（旧清单加字母，如%s1）" // letter, letter of an older list
	WeComListPlain    = "请回复序号"
	WeComPickSeveral  = "可选多项，如 1、2"
	WeComSelectSeries = "每项选一个，按顺序回复，如 1、1"
	WeComSelectTitle  = "%s："
	WeComUnset        = "请选择"
	WeComSubmit       = "提交"
	WeComCardTitle    = "请处理"
	WeComLink         = "查看详情"
	WeComCardOver     = "已结束" // the grey button of a card that no longer acts
	WeComFullText     = "内容较长，全文请看："
)

// Signing in through WeCom.
const (
	WeComLoginFailed    = "登录没有成功，请回到企业微信重新打开。"
	WeComLoginNotMember = "只有本单位成员可以打开，请用企业微信登录后再试。"
)
