#include "overlaypainter.h"
struct _GstOverlayPainter { int x; };
GstOverlayPainter *gst_overlay_painter_new (void) { return g_new0 (GstOverlayPainter, 1); }
void gst_overlay_painter_free (GstOverlayPainter *p) { g_free (p); }
gboolean gst_overlay_painter_can_paint (GstVideoFormat format) { return TRUE; }
void gst_overlay_painter_paint (GstOverlayPainter *painter, GstVideoFrame *frame, const GstOverlayStyle *style, const GstDetectObject *objects, guint n_objects) {}
guint32 gst_overlay_class_color (gint class_id) { return 0; }
